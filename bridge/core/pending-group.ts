const PENDING = 'pending:';

/** Stands in a conversation for the identifier of a group that no Mac has made yet; none of Messages' has a colon. */
export const pendingName = (groupId: string): string => `${PENDING}${groupId}`;

/** Whether the Mac has not told yet what it calls the group. */
export const isPendingName = (participant: string): boolean => participant.startsWith(PENDING);
