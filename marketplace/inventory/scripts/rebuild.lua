-- Fills the keys of a resource from what SQL knows, unless somebody else has done so. Needs no prelude: see there for KEYS.
--
-- ARGV  1 ms by which the application's clock is ahead    2 channel    3 highest fence that SQL has ever seen
--       4 number of units    then unit, owner for each    then hold id, deadline in ms, record for each claim
-- Answers OK, version

if redis.call('HEXISTS', KEYS[5], 'version') == 1 then
  return {'OK', redis.call('HGET', KEYS[5], 'version')}
end
redis.call('DEL', unpack(KEYS))

local at = 5
for _ = 1, ARGV[4] do
  redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1])
  at = at + 2
end
while at <= #ARGV do
  redis.call('ZADD', KEYS[3], ARGV[at + 1], ARGV[at])
  redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 2])
  at = at + 3
end

local time = redis.call('TIME')
local clock = time[1] * 1000000 + time[2] + ARGV[1] * 1000
local version = string.format('%.0f', math.max(clock, ARGV[3] + 1))
redis.call('HSET', KEYS[5], 'version', version)
for i = 1, #KEYS do
  redis.call('EXPIRE', KEYS[i], i == 5 and 86400 or 90000) -- as the prelude does
end
redis.call('PUBLISH', ARGV[2], version .. '\n0\nreset\n')
return {'OK', version}
