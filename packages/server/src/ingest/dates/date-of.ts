/** A file, as far as finding out when it was taken needs it. */
export interface Dated {
  readonly name: Buffer;
  /** Bytes. */
  readonly size: number;
  readonly mtimeMs: number;
  /** Bytes from `offset` on, fewer at the end of the file. */
  readonly read: (offset: number, length: number) => Buffer;
  /** IANA name, for dates that say no zone. */
  readonly timeZone: string;
}

/** When a photo or video was taken, by the wall clock of where that was, and who says so. */
export interface Taken {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly from: 'exif' | 'quicktime' | 'name' | 'mtime';
}

/** Never throws, whatever the file holds. */
export type DateOf = (file: Dated) => Promise<Taken>;
