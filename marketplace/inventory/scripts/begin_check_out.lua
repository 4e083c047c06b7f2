-- Closes a hold to changes: it is being paid for. What its holder picks next opens another one. Safe to repeat.
--
-- ARGV  after holding.lua's: 5 fence that the holder has seen, or empty
-- Answers OK, hold id, record, terms | CHANGED | GONE | NOT_YOURS

if ARGV[5] ~= '' and ARGV[5] ~= record[FENCE] then
  return {'CHANGED'}
end
record[CHECKED_OUT] = 1
if call('HGET', HOLDERS, record[HOLDER]) == hold then
  call('HDEL', HOLDERS, record[HOLDER])
end
return save(hold, record)
