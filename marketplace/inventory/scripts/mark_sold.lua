-- Writes down what SQL says: these units are sold under this hold and fence. Safe to repeat, and to come late.
--
-- ARGV  3 hold id    4 fence    5… units
-- Answers OK
--
-- A hold that another holder has on one of them (granted by a Redis that had forgotten) loses it; checking out tells them.

local hold, mark, fence = ARGV[3], 'sold:' .. ARGV[4], tonumber(ARGV[4])
local units = {}
for i = 5, #ARGV do
  units[#units + 1] = ARGV[i]
end
local owner, sold = owners(units), {}
for i = 1, #units do
  local other = owner[i] and tonumber(string.match(owner[i], '^sold:(%d+)$'))
  if not (other and other >= fence) then
    sold[#sold + 1] = units[i]
  end
end
if #sold > 0 then
  give(sold, mark)
  publish('sold', sold)
end
local _, _, _, without = letting_go()
local record = read(hold)
if record and tonumber(record[FENCE]) <= fence then
  local left = without(hold, record, units)
  if left then
    save(hold, left)
  end
end
return {'OK'}
