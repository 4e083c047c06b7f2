-- Writes down what SQL says: this hold gave these units back. Frees only what is still this hold's, or was sold under its
-- fence. Safe to repeat, and to come late.
--
-- ARGV  3 hold id    4 fence    5… units
-- Answers OK

local hold, fence = ARGV[3], tonumber(ARGV[4])
local record = read(hold)
local is_ours = record and tonumber(record[FENCE]) <= fence
local units = {}
for i = 5, #ARGV do
  units[#units + 1] = ARGV[i]
end
local owner, freed = owners(units), {}
for i = 1, #units do
  local sold = owner[i] and tonumber(string.match(owner[i], '^sold:(%d+)$'))
  if (is_ours and owner[i] == hold) or (sold and sold <= fence) then
    call('HDEL', UNITS, units[i])
    freed[#freed + 1] = units[i]
  end
end
if is_ours then
  local _, _, _, without = letting_go()
  local left = without(hold, record, units)
  if left then
    save(hold, left)
  end
end
if #freed > 0 then
  publish('free', freed)
end
return {'OK'}
