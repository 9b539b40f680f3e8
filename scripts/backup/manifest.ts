import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** The last line of a backup. A file without it is incomplete. */
export interface Manifest {
  made_at: string
  /** The name of the shop, see `nameOf`; backups from before payments do not have it. */
  shop?: string
  /** The name of its Worker; backups of earlier versions do not have it. */
  worker?: string | undefined
  /** The migrations that the rows were written under. */
  migrations: string[]
  /** The number of rows of each table. */
  rows: Record<string, number>
  /** The highest id that each table has used. */
  sequences: Record<string, number>
}

const MARK = '-- kiosk-backup '
const LONGEST_BYTES = 64 * 1024

export function toLine(manifest: Manifest): string {
  return `${MARK}${JSON.stringify(manifest)}\n`
}

export function readManifest(path: string): Manifest | undefined {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const end = Buffer.alloc(Math.min(size, LONGEST_BYTES))
    readSync(file, end, 0, end.length, size - end.length)
    const line = end.toString().trimEnd().split('\n').at(-1)!
    return line.startsWith(MARK) ? parsed(line.slice(MARK.length)) : undefined
  } finally {
    closeSync(file)
  }
}

/** Nothing if the file ends inside its last line. */
function parsed(json: string): Manifest | undefined {
  try {
    return JSON.parse(json) as Manifest
  } catch {
    return undefined
  }
}
