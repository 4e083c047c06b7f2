-- Shows a hold to its holder.
--
-- Answers OK, hold id, record, terms | GONE | NOT_YOURS

return shown(hold, text)
