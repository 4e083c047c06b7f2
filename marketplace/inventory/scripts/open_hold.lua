-- Shows the hold that a holder may still add to.
--
-- ARGV  3 holder
-- Answers OK, hold id, record, terms | GONE

local hold = call('HGET', HOLDERS, ARGV[3])
if not hold then
  return {'GONE'}
end
local _, text = read(hold)
return shown(hold, text)
