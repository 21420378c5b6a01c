/** What Postgres or UTF-8 cannot hold: NUL, and a surrogate without its other half. */
const UNSTORABLE = /\0|\p{Surrogate}/gu;

/** Whether a text can be stored and sent on unchanged. */
export const isStorable = (text: string): boolean => text.search(UNSTORABLE) === -1;

/** The same value, with what cannot be stored in any of its strings shown as U+FFFD. */
export function storable<T>(value: T): T {
  if (typeof value === 'string') return value.replace(UNSTORABLE, '\uFFFD') as T;
  if (Array.isArray(value)) return value.map(storable) as T;
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, storable(inner)])) as T;
  return value;
}
