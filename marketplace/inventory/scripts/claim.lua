-- Claims the first of several sets of units that is wholly free (or already the holder's own), all or nothing.
--
-- ARGV  after claiming.lua's: the sets, best first, each as its size followed by its units
-- Answers OK, hold id, record | TAKEN, then the units that stood in the way of the last set | TOO_MANY, most

local taken
local at = 9
while at <= #ARGV do
  local last = at + ARGV[at]
  local units = {}
  for i = at + 1, last do
    units[#units + 1] = ARGV[i]
  end
  local owner = owners(units)
  local fresh = {}
  taken = {'TAKEN'}
  for i = 1, #units do
    if not owner[i] then
      fresh[#fresh + 1] = units[i]
    elseif owner[i] ~= hold then
      taken[#taken + 1] = units[i]
    end
  end
  if #taken == 1 then
    return grant(fresh)
  end
  at = last + 1
end
return taken
