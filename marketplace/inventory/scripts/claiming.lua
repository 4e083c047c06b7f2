-- Stands after the prelude in scripts that claim.
--
-- ARGV  3 id, should a new hold be needed    4 token of this call, so that repeating it changes nothing    5 holder
--       6 length of a hold, ms    7 length with every extension, ms    8 most units of one holder, 0 for any number
--       9 terms: kept with the hold and given back with it; a claim that adds to a hold replaces them
--       10 number of groups, then for each: its name, and how many units all its holds may have together
-- Answers of `grant`: OK, hold id, record, terms | TOO_MANY, most | GROUP_FULL, group, most

local token, holder, most = ARGV[4], ARGV[5], tonumber(ARGV[8])
local after_groups = 11 + 2 * ARGV[10]
local hold, record, text = call('HGET', HOLDERS, holder), nil, nil
if hold then
  record, text = read(hold)
  if record[TOKEN] == token then
    return shown(hold, text)
  end
else
  hold = ARGV[3]
end

local function grant(fresh)
  local held = record and #record - TOKEN or 0
  if most > 0 and held + #fresh > most then
    return {'TOO_MANY', most}
  end
  if #fresh == 0 then
    return shown(hold, text)
  end
  local note = record and call('HGET', NOTES, hold) or ''
  local groups, joined = string.match(note, '^[^\n]*'), {}
  for at = 11, after_groups - 1, 2 do
    local group, had = ARGV[at], call('HGET', GROUPS, ARGV[at]) or 0
    local is_counted = string.find(groups .. ' ', ' ' .. group .. ' ', 1, true)
    if had + (is_counted and 0 or held) + #fresh > tonumber(ARGV[at + 1]) then
      return {'GROUP_FULL', group, ARGV[at + 1]}
    end
    if not is_counted then
      joined[#joined + 1] = group
    end
  end
  for i = 1, #joined do
    call('HINCRBY', GROUPS, joined[i], held)
    groups = groups .. ' ' .. joined[i]
  end
  if groups ~= '' or ARGV[9] ~= '' then
    call('HSET', NOTES, hold, groups .. '\n' .. ARGV[9])
    count(hold, #fresh)
  end
  give(fresh, hold)
  local fence = publish('held', fresh)
  if record then
    record[FENCE], record[TOKEN] = fence, token
  else
    local deadline = tostring(now + math.min(ARGV[6], ARGV[7]))
    record = {holder, fence, deadline, now + ARGV[7], ARGV[6], '0', '0', token}
    call('ZADD', DEADLINES, deadline, hold)
    call('HSET', HOLDERS, holder, hold)
  end
  for i = 1, #fresh do
    record[#record + 1] = fresh[i]
  end
  return save(hold, record)
end
