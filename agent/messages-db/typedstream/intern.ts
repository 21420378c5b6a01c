/** Names are short; longer strings are not looked for. */
const MAX_LENGTH = 64;
const SLOTS = 512;

interface Slot {
  bytes: Uint8Array;
  text: string;
}

const slots: Array<Slot | undefined> = new Array(SLOTS).fill(undefined);

/**
 * The bytes as a string, without decoding them again when they were met before: class names, type encodings and keys
 * are the same few in all bodies, and decoding them would take half of the time. A slot is overwritten by another
 * string that falls on it, so that the table never grows.
 */
export function internedText(bytes: Buffer, start: number, length: number): string {
  if (length === 0 || length > MAX_LENGTH) return bytes.toString('utf8', start, start + length);
  const number = slotOf(bytes, start, length);
  const slot = slots[number];
  if (slot && equals(slot.bytes, bytes, start, length)) return slot.text;
  const text = bytes.toString('utf8', start, start + length);
  slots[number] = { bytes: new Uint8Array(bytes.subarray(start, start + length)), text };
  return text;
}

function slotOf(bytes: Buffer, start: number, length: number): number {
  const end = start + length;
  const first = bytes[start] ?? 0;
  const middle = bytes[start + (length >> 1)] ?? 0;
  const later = bytes[start + ((length * 3) >> 2)] ?? 0;
  const last = bytes[end - 1] ?? 0;
  return ((first * 31 + middle) * 31 + (later * 31 + last) * 7 + length * 131) & (SLOTS - 1);
}

function equals(known: Uint8Array, bytes: Buffer, start: number, length: number): boolean {
  if (known.length !== length) return false;
  for (let i = 0; i < length; i += 1) if (known[i] !== bytes[start + i]) return false;
  return true;
}
