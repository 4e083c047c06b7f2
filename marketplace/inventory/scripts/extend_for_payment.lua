-- Keeps a hold alive while a payment is in progress, never past its limit.
--
-- ARGV  after holding.lua's: 5 until when, ms
-- Answers OK, hold id, record, terms | GONE | NOT_YOURS

postpone(tonumber(ARGV[5]))
return save(hold, record)
