import type { Selectable } from 'kysely';
import type { Session } from './database.ts';
import type { StoreOperations, Webhook } from './types.ts';

export type WebhookTable = Omit<Webhook, 'events' | 'enabled'> & {
  /** JSON array of strings. */
  events: string;
  enabled: 0 | 1;
};

type WebhookOperations = Pick<
  StoreOperations,
  'insertWebhook' | 'findWebhook' | 'listWebhooks' | 'deleteWebhook' | 'disableWebhook'
>;

/** The endpoint in a row of its table. */
export const toWebhook = (row: Selectable<WebhookTable>): Webhook => ({
  ...row,
  events: JSON.parse(row.events) as string[],
  enabled: row.enabled === 1,
});

export const webhookOperations = ({ db }: Session): WebhookOperations => ({
  async insertWebhook(webhook) {
    await db
      .insertInto('webhook')
      .values({ ...webhook, events: JSON.stringify(webhook.events), enabled: webhook.enabled ? 1 : 0 })
      .execute();
  },
  async findWebhook(accountId, mode, id) {
    const row = await db
      .selectFrom('webhook')
      .selectAll()
      .where('id', '=', id)
      .where('accountId', '=', accountId)
      .where('mode', '=', mode)
      .executeTakeFirst();
    return row && toWebhook(row);
  },
  async listWebhooks(accountId, mode) {
    const rows = await db
      .selectFrom('webhook')
      .selectAll()
      .where('accountId', '=', accountId)
      .where('mode', '=', mode)
      .orderBy('createdAt')
      .orderBy('id')
      .execute();
    return rows.map(toWebhook);
  },
  async deleteWebhook(accountId, mode, id) {
    const { numDeletedRows } = await db
      .deleteFrom('webhook')
      .where('id', '=', id)
      .where('accountId', '=', accountId)
      .where('mode', '=', mode)
      .executeTakeFirst();
    if (numDeletedRows !== 1n) return false;
    await db.deleteFrom('delivery').where('webhookId', '=', id).where('state', '=', 'pending').execute();
    return true;
  },
  async disableWebhook(id) {
    await db.updateTable('webhook').set({ enabled: 0 }).where('id', '=', id).execute();
    await db
      .updateTable('delivery')
      .set({ state: 'failed', leasedUntil: null })
      .where('webhookId', '=', id)
      .where('state', '=', 'pending')
      .execute();
  },
});
