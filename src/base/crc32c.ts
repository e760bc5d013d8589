/** CRC-32C (Castagnoli), the checksum of everything on disk. */

/** Bytes that one step of the loop takes. */
const stride = 8;

/** `tables[256 * k + byte]`: what a byte does to the checksum once `k` more bytes have followed it. */
const tables = new Int32Array(256 * stride);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  tables[byte] = crc;
}
for (let i = 256; i < tables.length; i++) {
  const before = at(i - 256);
  tables[i] = at(before & 0xff) ^ (before >>> 8);
}

function at(i: number): number {
  return tables[i] ?? 0;
}

/** CRC-32C of `bytes`, an unsigned 32-bit integer. Eight bytes a step ("slicing by 8") take half as long as one. */
export function crc32c(bytes: Uint8Array): number {
  let crc = -1;
  let i = 0;
  for (const end = bytes.length - stride; i <= end; i += stride) {
    const low =
      crc ^
      (byteAt(bytes, i) | (byteAt(bytes, i + 1) << 8) | (byteAt(bytes, i + 2) << 16) | (byteAt(bytes, i + 3) << 24));
    crc =
      at(0x700 | (low & 0xff)) ^
      at(0x600 | ((low >>> 8) & 0xff)) ^
      at(0x500 | ((low >>> 16) & 0xff)) ^
      at(0x400 | (low >>> 24)) ^
      at(0x300 | byteAt(bytes, i + 4)) ^
      at(0x200 | byteAt(bytes, i + 5)) ^
      at(0x100 | byteAt(bytes, i + 6)) ^
      at(byteAt(bytes, i + 7));
  }
  for (; i < bytes.length; i++) crc = at((crc ^ byteAt(bytes, i)) & 0xff) ^ (crc >>> 8);
  return ~crc >>> 0;
}

function byteAt(bytes: Uint8Array, i: number): number {
  return bytes[i] ?? 0;
}
