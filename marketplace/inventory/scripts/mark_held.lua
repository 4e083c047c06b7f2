-- Writes down what SQL says: these units are checked out under this hold. Safe to repeat, and to come late.
--
-- ARGV  3 hold id    4 record without units, lines    5… units
-- Answers OK

local hold = ARGV[3]
local given = {}
for line in string.gmatch(ARGV[4], '[^\n]+') do
  given[#given + 1] = line
end
local deadline = tonumber(given[DEADLINE])
local known = read(hold)
if known then
  if tonumber(known[FENCE]) > tonumber(given[FENCE]) then
    return {'OK'}
  end
  deadline = math.max(deadline, tonumber(known[DEADLINE]))
end
if deadline <= now then
  return {'OK'}
end
local units, fresh = {}, {}
for i = 5, #ARGV do
  units[#units + 1] = ARGV[i]
end
local owner = owners(units)
for i = 1, #units do
  if not owner[i] then
    fresh[#fresh + 1] = units[i]
  end
  if not owner[i] or owner[i] == hold then
    given[#given + 1] = units[i]
  end
end
if #given == TOKEN then
  return {'OK'}
end
if #fresh > 0 then
  give(fresh, hold)
  publish('held', fresh)
end
if known then
  count(hold, #given - #known)
end
given[DEADLINE] = deadline
call('ZADD', DEADLINES, deadline, hold)
if call('HGET', HOLDERS, given[HOLDER]) == hold then
  call('HDEL', HOLDERS, given[HOLDER])
end
save(hold, given)
return {'OK'}
