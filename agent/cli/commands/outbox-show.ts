import { control } from '../../control/control.ts';
import { type CommandView, commandViewSchema } from '../../outbox/types.ts';
import type { Command } from '../command.ts';

/** `bluerelay outbox show`: one command, and the evidence for what became of it. */
export const outboxShowCommand: Command = {
  name: 'outbox show',
  summary: 'Show one command and the evidence for what became of it.',
  options: [
    { flags: '--id <id>', description: 'id of the command', required: true },
    { flags: '--json', description: 'print it as one JSON line' },
  ],
  examples: ['bluerelay outbox show --id cmd_01jd…'],
  async run({ config, clock, print }, options) {
    const answer = await control.ask(config.home, clock, 'outbox.show', { id: options.id });
    const view = commandViewSchema.parse(answer);
    if (options.json) print(JSON.stringify(view));
    else for (const line of lines(view)) print(line);
    return undefined;
  },
};

function lines(view: CommandView): string[] {
  const { evidence } = view;
  const acted = evidence.actedAt ? `${evidence.actedAt}, after row ${evidence.rowsAfter}` : 'never';
  return [
    `command   ${view.id}, ${view.state} since ${view.updatedAt}`,
    `to        ${view.to ?? '(erased)'}`,
    `text      ${view.text === null ? '(erased)' : JSON.stringify(view.text)}`,
    `deadline  ${view.expiresAt}`,
    `acted     ${acted}; ${view.attempts} attempts`,
    ...(view.error ? [`error     ${view.error.code}: ${view.error.message}`] : []),
    ...(view.guid ? [`proof     ${view.guid}`] : []),
    ...(view.paced ? [`held      by ${view.paced.rule} until ${view.paced.until} at the earliest`] : []),
    ...(view.parts !== null && view.parts > 1 ? [`part      ${view.part + 1} of ${view.parts}`] : []),
    ...(evidence.actedAt ? rowLines(view) : []),
    ...(view.state === 'uncertain' ? ways(view.id) : []),
  ];
}

function rowLines({ to, evidence }: CommandView): string[] {
  if (evidence.rows.length === 0) return [`rows      none to ${to ?? 'it'} since`];
  return evidence.rows.map(
    (row) =>
      `row       ${row.rowid} at ${row.at}: ${row.sameText ? 'same text' : 'other text'}` +
      `${row.files.length > 0 ? `, ${row.files.join(', ')}` : ''}` +
      `${row.inChat ? '' : ', in no chat'}${row.error ? `, error ${row.error}` : ''}, ${row.guid}`,
  );
}

/** What a person can do about a command that is uncertain. */
const ways = (id: string): string[] => [
  'It is not sent again by itself. A row that appears later ends it; or look into Messages, then:',
  `  bluerelay outbox resolve --id ${id} --as sent`,
  `  bluerelay outbox resolve --id ${id} --as not-sent`,
];
