-- Stands after the prelude in scripts that claim.
--
-- ARGV  3 id, should a new hold be needed    4 token of this call, so that repeating it changes nothing    5 holder
--       6 length of a hold, ms    7 length with every extension, ms    8 most units of one holder, 0 for any number
-- A holder who already has an open hold adds to it: its deadline stays, its fence grows.

local token, holder, most = ARGV[4], ARGV[5], tonumber(ARGV[8])
local hold, record, text = call('HGET', HOLDERS, holder), nil, nil
if hold then
  record, text = read(hold)
  if record[TOKEN] == token then
    return {'OK', hold, text}
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
    return {'OK', hold, text}
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
