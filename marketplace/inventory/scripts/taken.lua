-- Says which of these units are not free.
--
-- ARGV  3… units
-- Answers OK, then those that somebody has

local units = {}
for i = 3, #ARGV do
  units[#units + 1] = ARGV[i]
end
local owner, answer = owners(units), {'OK'}
for i = 1, #units do
  if owner[i] then
    answer[#answer + 1] = units[i]
  end
end
return answer
