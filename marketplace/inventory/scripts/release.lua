-- Gives units of a hold back, or all of them.
--
-- ARGV  after holding.lua's: 5 fence that the holder has seen, or empty; 6… units; none: all
-- Answers OK, hold id, record of what is left, terms | CHANGED | GONE, also where nothing is left | NOT_YOURS | CHECKED_OUT

if record[CHECKED_OUT] == '1' then
  return {'CHECKED_OUT'}
end
if ARGV[5] ~= '' and ARGV[5] ~= record[FENCE] then
  return {'CHANGED'}
end
local RELEASED_KEPT = 10800 -- seconds: longer than any page can still show the hold
local units_of, take_away, _, without = letting_go()
local own = {}
for i = TOKEN + 1, #record do
  own[record[i]] = true
end
local units = {}
for i = 6, #ARGV do
  if own[ARGV[i]] then
    units[#units + 1] = ARGV[i]
  end
end
if #ARGV < 6 then
  units = units_of(record)
end
if #units == 0 then
  return shown(hold, text)
end
local freed = {}
take_away(hold, units, freed)
local left = without(hold, record, units)
if #freed > 0 then
  publish('free', freed)
end
if not left then
  call('SETEX', released, RELEASED_KEPT, 1)
  return {'GONE'}
end
return save(hold, left)
