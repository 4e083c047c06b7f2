-- Frees what has run out (the prelude did) and says when to come again.
--
-- Answers OK, version, ms until the next deadline or -1

local next_one = call('ZRANGE', DEADLINES, 0, 0, 'WITHSCORES')
return {'OK', tonumber(version), next_one[2] and next_one[2] - now or -1}
