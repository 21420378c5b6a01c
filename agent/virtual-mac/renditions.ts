import { readFileSync, writeFileSync } from 'node:fs';

/** A grey JPEG of one pixel: tables of one, one block whose code is `00`. */
const GREY = Buffer.concat([
  Buffer.from('ffd8ffdb004300', 'hex'),
  Buffer.alloc(64, 1),
  Buffer.from('ffc0000b080001000101011100', 'hex'),
  ...['00', '10'].map((table) => Buffer.from(`ffc40014${table}01${'00'.repeat(16)}`, 'hex')),
  Buffer.from('ffda0008010100003f003fffd9', 'hex'),
]);
/** An M4A without sound: its first box says what it is, its second holds nothing. */
const SILENCE = Buffer.concat([
  Buffer.from('00000018', 'hex'),
  Buffer.from('ftypM4A \0\0\0\0M4A mp42', 'latin1'),
  Buffer.from('00000008', 'hex'),
  Buffer.from('mdat', 'latin1'),
]);

/** A Core Audio file without sound: its header and its description. */
const CORE_AUDIO = Buffer.concat([
  Buffer.from('caff', 'latin1'),
  Buffer.from('00010000', 'hex'),
  Buffer.from('desc', 'latin1'),
  Buffer.from('000000000000002040e5888000000000', 'hex'),
  Buffer.from('lpcm', 'latin1'),
  Buffer.from('0000000200000002000000010000000100000010', 'hex'),
]);

interface RenditionFiles {
  from: string;
  to: string;
  content: Buffer;
}

/** The files of a call of `sips` or `afconvert` as programs of ours write it. */
export function filesOf([program, ...args]: readonly string[]): RenditionFiles | undefined {
  const line = args.map((arg) => (arg.startsWith('/') ? 'FILE' : arg)).join(' ');
  const [from, to] = args.filter((arg) => arg.startsWith('/'));
  if (from === undefined || to === undefined) return undefined;
  if (program === '/usr/bin/sips' && line === '-s format jpeg FILE --out FILE')
    return { from, to, content: GREY };
  if (program !== '/usr/bin/afconvert') return undefined;
  if (line === '-f m4af -d aac FILE FILE') return { from, to, content: SILENCE };
  return line === '-f caff -d LEI16@44100 -c 1 FILE FILE' ? { from, to, content: CORE_AUDIO } : undefined;
}

/** Writes a picture or a sound that stands for any other: nothing here decodes Apple's. Returns the exit code. */
export function makeRendition({ from, to, content }: RenditionFiles): number {
  if (readFileSync(from).length === 0) return 1;
  writeFileSync(to, content);
  return 0;
}
