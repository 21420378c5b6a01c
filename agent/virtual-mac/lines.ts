/** Longest request to, or answer of, a virtual Mac, in bytes. */
const MAX_LINE_BYTES = 1024 * 1024;

/**
 * Cuts a stream of bytes into lines. The returned function takes a chunk and gives the lines that it completes;
 * it throws RangeError when a line is longer than {@link MAX_LINE_BYTES}.
 */
export function lineSplitter(): (chunk: Buffer) => string[] {
  let pending: Buffer[] = [];
  let size = 0;
  return (chunk) => {
    const lines: string[] = [];
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      pending.push(chunk.subarray(from, end));
      lines.push(Buffer.concat(pending).toString('utf8'));
      pending = [];
      size = 0;
      from = end + 1;
    }
    const rest = chunk.subarray(from);
    size += rest.length;
    if (size > MAX_LINE_BYTES) throw new RangeError('line too long');
    if (rest.length > 0) pending.push(rest);
    return lines;
  };
}
