import { expect, test } from 'vitest';
import { changeLine } from '../../agent/cli/change-line.ts';

test('a line holds nothing that a terminal obeys, whoever wrote it', () => {
  const line = changeLine({
    kind: 'received',
    guid: 'g',
    chat: { kind: 'group', identifier: 'chat\u001b[2J' },
    from: 'a\u202Eb',
    line: null,
    service: 'iMessage',
    text: '\u001b[31m\u009b31m\u202Ertl\u2066\u007f\n👨\u200d👩\u200d👧',
    at: 0,
    attachments: [
      ...[
        {
          guid: 'f',
          state: 'complete' as const,
          name: 'x\u0007y',
          mime: null,
          uti: null,
          bytes: 1,
          path: null,
        },
      ],
    ],
  });
  expect(line).toContain('\\u001b[31m\\u009b31m\\u202ertl\\u2066\\u007f\\n👨\u200d👩\u200d👧');
  expect(line.replaceAll('\u200d', '')).not.toMatch(/\p{C}/u);
});
