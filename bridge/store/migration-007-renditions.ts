/** Which part of its message a file is, and the rendition that its Mac makes of it. */
export const renditions = (): string[] => [
  'alter table attachment add column part integer',
  'alter table attachment add column "renditionId" text references media (id)',
  'alter table attachment add column "renditionName" text',
  'alter table attachment add column "renditionType" text',
  'create index attachment_media on attachment ("mediaId") where "mediaId" is not null',
  'create index attachment_rendition on attachment ("renditionId") where "renditionId" is not null',
];
