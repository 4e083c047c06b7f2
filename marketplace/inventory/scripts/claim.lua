-- Claims the first of several sets of units that is wholly free (or already the holder's own), all or nothing.
--
-- ARGV  after claiming.lua's: the sets, best first, each as its size followed by its units
-- Answers what `grant` does | TAKEN, then the units that stood in the way of the last set

local taken
local at = after_groups
while at <= #ARGV do
  local last = at + ARGV[at]
  local units = {}
  for i = 1, ARGV[at] do
    units[i] = ARGV[at + i]
  end
  local owner = owners(units)
  local fresh, amount = {}, 0
  taken = nil
  for i = 1, #units do
    if not owner[i] then
      amount = amount + 1
      fresh[amount] = units[i]
    elseif owner[i] ~= hold then
      taken = taken or {'TAKEN'}
      taken[#taken + 1] = units[i]
    end
  end
  if not taken then
    return grant(fresh)
  end
  at = last + 1
end
return taken
