-- The memory of an article (schemas.store.memory): read, change the table, write the table back.
-- A library for other scripts. Fields of the table: the table FIELDS in schemas/store/memory.py.
--
-- Constants: REMEMBER, the seconds after which an article that nobody looks at is forgotten.

-- recall(key): the table stored under `key`, empty when nothing is stored.
local function recall(key)
  local packed = redis.call('GET', key)
  return packed and cmsgpack.unpack(packed) or {}
end

-- keep(key, memory): store the table `memory` under `key`.
local function keep(key, memory)
  redis.call('SET', key, cmsgpack.pack(memory), 'EX', ${REMEMBER})
end

-- hex(bytes): the bytes as lower-case hexadecimal digits.
local function hex(bytes)
  return (string.gsub(bytes, '.', function(byte) return string.format('%02x', string.byte(byte)) end))
end

-- raw(digits): the bytes that the hexadecimal digits stand for.
local function raw(digits)
  return (string.gsub(digits, '..', function(pair) return string.char(tonumber(pair, 16)) end))
end
