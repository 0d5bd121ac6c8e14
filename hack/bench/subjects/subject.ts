/** The servers that are compared. */
export type SubjectName = 'image' | 'start' | 'bare' | 'nginx';

/** How each is called in the report. */
export const SUBJECT_TITLES: Readonly<Record<SubjectName, string>> = {
  image: 'as shipped',
  start: 'npm start',
  bare: 'bare node:https',
  nginx: 'nginx',
};

/** A server that can be loaded. */
export interface Subject {
  readonly name: SubjectName;
  readonly port: number;
  /** The process that does the work. */
  readonly pid: number;
}
