-- Takes begin_check_out back. A holder who has opened another hold in the meantime keeps that one; this one ends.
--
-- Answers OK, hold id, record, terms | GONE | NOT_YOURS

local other = call('HGET', HOLDERS, record[HOLDER])
if other and other ~= hold then
  local units_of, take_away, forget = letting_go()
  local freed = {}
  take_away(hold, units_of(record), freed)
  forget(hold, record)
  if #freed > 0 then
    publish('free', freed)
  end
  return {'GONE'}
end
record[CHECKED_OUT] = 0
call('HSET', HOLDERS, record[HOLDER], hold)
return save(hold, record)
