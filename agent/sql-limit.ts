/**
 * SQL of a `LIMIT` that is bound later, as with `?` or `@limit`. Never as a bare parameter: SQLite plans by its value, and
 * compiles the whole statement anew each time it is bound (seen with 3.53; a fifth of a millisecond for a wide one).
 */
export const limitSql = (parameter: '?' | '@limit'): string => `LIMIT ${parameter} + 0`;
