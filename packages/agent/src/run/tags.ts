/** Every snapshot of files carries it, and none of dumps (`dumpTag` of databases/name.ts) or of quiet groups does. */
export const berthTag = 'berth';

/** What the copies of containers and units carry. */
export const containerTag = 'container';
