import path from 'node:path';

/**
 * Folders in a home that Messages' sandbox lets it read, as its signature lists them. A file from elsewhere is taken
 * without an error and fails later.
 */
const READABLE = ['Library/Messages', 'Media', 'Library/SMS', 'Library/Caches/com.apple.MobileSMS'];

export function canMessagesRead(home: string, file: string): boolean {
  return READABLE.some((folder) => path.resolve(file).startsWith(`${path.join(home, folder)}${path.sep}`));
}

/** `mime_type` and `uti` of an attachment row by the ending of its name; a Core Audio file has no MIME type there. */
export function kindOfFile(name: string): { mime?: string; uti?: string } {
  return kinds[path.extname(name).toLowerCase()] ?? {};
}

const kinds: Readonly<Record<string, { mime?: string; uti?: string }>> = {
  '.jpg': { mime: 'image/jpeg', uti: 'public.jpeg' },
  '.jpeg': { mime: 'image/jpeg', uti: 'public.jpeg' },
  '.png': { mime: 'image/png', uti: 'public.png' },
  '.pdf': { mime: 'application/pdf', uti: 'com.adobe.pdf' },
  '.txt': { mime: 'text/plain', uti: 'public.plain-text' },
  '.vcf': { mime: 'text/vcard', uti: 'public.vcard' },
  '.caf': { uti: 'com.apple.coreaudio-format' },
};
