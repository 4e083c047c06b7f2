-- Stands after the prelude in scripts that work on one hold of one holder.
--
-- ARGV  3 hold id    4 holder
-- Answers GONE where there is no such hold (any more), RELEASED where its holder has given it back a short while ago, NOT_YOURS
-- where it is somebody else's.

local hold = ARGV[3]
local record, text = read(hold)
-- On the keys' own slot, though not among them: it has to end by itself.
local released = string.gsub(UNITS, 'units$', 'released:') .. hold
if not record then
  return {call('EXISTS', released) == 1 and 'RELEASED' or 'GONE'}
end
if record[HOLDER] ~= ARGV[4] then
  return {'NOT_YOURS'}
end

-- Moves the deadline to `at`, never back and never past the hold's limit.
local function postpone(at)
  local deadline = math.min(tonumber(record[LIMIT]), math.max(tonumber(record[DEADLINE]), at))
  record[DEADLINE] = deadline
  call('ZADD', DEADLINES, deadline, hold)
end
