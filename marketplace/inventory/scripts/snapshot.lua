-- Shows every unit that is not free.
--
-- Answers OK, version, then unit, owner, unit, owner…

return {'OK', tonumber(version), call('HGETALL', UNITS)}
