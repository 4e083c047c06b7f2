-- Shows a hold to its holder.
--
-- Answers OK, hold id, record | GONE | NOT_YOURS

return {'OK', hold, text}
