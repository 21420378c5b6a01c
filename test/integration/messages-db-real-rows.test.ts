import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageFile } from '../../bridge/runtime/package-root.ts';
import type { ChatDbWriter, Columns } from '../support/chat-db-writer.ts';
import { ANNA, tailBed } from '../support/tail-bed.ts';

const rows = path.resolve(packageFile('..', 'shared', 'vectors', 'platform-imessage', 'rows'));

describe.skipIf(!existsSync(rows))('real rows', () => {
  const real = (name: string): Columns => {
    const [row] = [JSON.parse(readFileSync(path.join(rows, `${name}.json`), 'utf8'))].flat(2) as Columns[];
    const blob = (value: unknown): Buffer | null =>
      typeof value === 'string' ? Buffer.from(value.split(',')[1] ?? '', 'base64') : null;
    return {
      ...row,
      attributedBody: blob(row?.attributedBody),
      message_summary_info: blob(row?.message_summary_info),
    };
  };
  const known = (columns: Columns, messages: ChatDbWriter): Columns => {
    const names = messages.db
      .prepare<[], string>("SELECT name FROM pragma_table_info('message')")
      .pluck()
      .all();
    return Object.fromEntries(Object.entries(columns).filter(([name]) => names.includes(name)));
  };

  test('a message of texts and pictures in turn', async () => {
    const { messages, told, clock } = await tailBed();
    const { ROWID: _, handle_id: __, date: ___, ...columns } = known(real('fixture2'), messages);
    messages.receive(ANNA, '', ANNA, { columns });
    await new Promise((resolve) => setTimeout(resolve, 100));
    clock.skipTo(clock.now() + 61_000);
    const [change] = await told(1);
    expect(change).toMatchObject({ kind: 'received', text: 'part 0￼part 2￼part 4', from: ANNA });
    expect(change).toHaveProperty('parts.length', 5);
    expect(change).toHaveProperty('attachments.length', 2);
    expect(change).not.toHaveProperty('replyTo');
  });

  test.each([
    ['partial_leading_unsends', 'a', [{ kind: 'unsent', parts: [0, 1], whole: 'a' }]],
    [
      'partial_trailing_unsends',
      'trailing attachments',
      [
        { kind: 'edited', part: 0, text: 'a', version: 1, at: 978_307_200_000 + 725_505_920_690 },
        { kind: 'unsent', parts: [1, 2], whole: 'a' },
      ],
    ],
  ])('%s', async (name, original, changes) => {
    const { messages, told } = await tailBed();
    const { ROWID: _, handle_id: __, date: ___, ...columns } = known(real(name), messages);
    messages.receive(ANNA, '', ANNA, { columns: { ...columns, is_from_me: 0, cache_has_attachments: 0 } });
    const all = await told(1 + changes.length);
    expect(all[0]).toMatchObject({ kind: 'received', text: original });
    expect(all.slice(1)).toMatchObject(changes);
  });

  test('edits and unsends of a told message are told as they come, each once', async () => {
    const { messages, told, toldBefore } = await tailBed();
    const guid = messages.receive(ANNA, 'trailing attachments');
    await told(1);
    const { attributedBody, message_summary_info, date_edited } = real('partial_trailing_unsends');
    messages.update(guid, {
      attributedBody: attributedBody ?? null,
      message_summary_info: message_summary_info ?? null,
      date_edited: date_edited ?? null,
    });
    await told(3);
    messages.update(guid, { index_state: 1 });
    messages.update(guid, {
      attributedBody: null,
      is_empty: 1,
      part_count: 0,
      date_edited: 725505999000000000n,
    });
    const changes = await toldBefore();
    expect(changes.slice(1)).toMatchObject([
      { kind: 'edited', guid, part: 0, text: 'a', from: ANNA },
      { kind: 'unsent', guid, parts: [1, 2], whole: 'a' },
      { kind: 'unsent', guid, parts: null, whole: '' },
    ]);
  });
});
