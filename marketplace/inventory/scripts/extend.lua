-- Gives a hold one more term, once, never past its limit.
--
-- ARGV  after holding.lua's: 5 token of this call
-- Answers OK, hold id, record, terms | ALREADY | GONE | NOT_YOURS

if record[EXTENDED] == '1' then
  if record[TOKEN] == ARGV[5] then
    return shown(hold, text)
  end
  return {'ALREADY'}
end
postpone(record[DEADLINE] + record[LENGTH])
record[EXTENDED], record[TOKEN] = 1, ARGV[5]
return save(hold, record)
