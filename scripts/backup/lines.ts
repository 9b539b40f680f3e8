/** Reads a text line by line. Only \n ends a line: texts of the shop may hold any other kind of line break. */
export async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop()!
    yield* lines
  }
  if (rest !== '') yield rest
}

/** Counts the rows of each table: an export has one INSERT a row, each on its own line; the last line may be cut off. */
export async function countInserts(lines: AsyncIterable<string>): Promise<Record<string, number>> {
  const rows: Record<string, number> = {}
  for await (const line of lines) {
    const [, table] = /^INSERT INTO "(\w+)".*\);$/s.exec(line) ?? []
    if (table !== undefined) rows[table] = (rows[table] ?? 0) + 1
  }
  return rows
}

/**
 * Joins INSERTs of one row each into fewer of many rows, since the database runs statements one at a time, and splits a
 * row that is too long: no statement is longer than `most_bytes`.
 */
export async function* joinInserts(
  lines: AsyncIterable<string>,
  most_bytes: number,
): AsyncGenerator<string, void, void> {
  let into = ''
  let rows: string[] = []
  let bytes = 0
  const joined = () => `${into}${rows.join(',')};`
  for await (const line of lines) {
    const [, begin, row] = /^(INSERT INTO "\w+" \(.*?\) VALUES)(\(.*\));$/s.exec(line) ?? []
    const more = Buffer.byteLength(line)
    if (rows.length > 0 && (begin !== into || bytes + more > most_bytes)) {
      yield joined()
      rows = []
    }
    if (begin === undefined) yield line
    else if (more > most_bytes) yield* splitInsert(line, most_bytes)
    else {
      bytes = rows.length === 0 ? more : bytes + more
      into = begin
      rows.push(row!)
    }
  }
  if (rows.length > 0) yield joined()
}

/**
 * Inserts the row with the beginning of its longest text, and appends the rest to it. For messages of webhooks, the only
 * rows that can be so long: they have no line break, and their first column is the primary key.
 */
function splitInsert(line: string, most_bytes: number): string[] {
  const [, table, columns, row] = /^INSERT INTO ("\w+") \((.*?)\) VALUES\((.*)\);$/s.exec(line)!
  const values = row!.match(/'(?:[^']|'')*'|[^,]+/g)!
  const longest = values.reduce((most, value, n) => (value.length > values[most]!.length ? n : most), 0)
  const names = columns!.split(',')
  // A character takes up to four bytes; the rest of the row has half of the statement.
  const characters = [...values[longest]!.slice(1, -1).replaceAll("''", "'")]
  const length = Math.floor(most_bytes / 8)
  const [first, ...others] = Array.from({ length: Math.ceil(characters.length / length) }, (_, n) => {
    const part = characters.slice(n * length, (n + 1) * length).join('')
    return `'${part.replaceAll("'", "''")}'`
  })
  return [
    `INSERT INTO ${table} (${columns}) VALUES(${values.with(longest, first!).join(',')});`,
    ...others.map(
      (part) =>
        `UPDATE ${table} SET ${names[longest]} = ${names[longest]} || ${part} WHERE ${names[0]} = ${values[0]};`,
    ),
  ]
}
