-- Claims any so many free places of a pool whose units are <pool>:1 … <pool>:<capacity>.
--
-- ARGV  after claiming.lua's: pool, quantity, capacity
-- Answers what `grant` does | NOT_ENOUGH, how many are free
--
-- Looks from where places were found last and goes round once, so that it seldom has to look far while there are many.

local pool = ARGV[after_groups]
local quantity, capacity = tonumber(ARGV[after_groups + 1]), tonumber(ARGV[after_groups + 2])
local cursor_name = 'cursor:' .. pool
local cursor = tonumber(call('HGET', META, cursor_name)) or 0
local step = math.min(MOST_AT_ONCE, math.max(32, 2 * quantity))

local fresh, looked = {}, 0
while looked < capacity and #fresh < quantity do
  local units, numbers = {}, {}
  for i = 1, math.min(step, capacity - looked) do
    numbers[i] = (cursor + looked) % capacity + 1
    units[i] = pool .. ':' .. numbers[i]
    looked = looked + 1
  end
  local owner = owners(units)
  for i = 1, #units do
    if not owner[i] and #fresh < quantity then
      fresh[#fresh + 1] = units[i]
      if #fresh == quantity then
        call('HSET', META, cursor_name, numbers[i])
      end
    end
  end
  step = MOST_AT_ONCE
end
if #fresh < quantity then
  return {'NOT_ENOUGH', #fresh}
end
return grant(fresh)
