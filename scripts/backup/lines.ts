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

/** Joins INSERTs of one row each into fewer of many rows, none longer than `most_bytes`: the database runs statements one at a time. */
export async function* joinInserts(
  lines: AsyncIterable<string>,
  most_bytes: number,
): AsyncGenerator<string, void, void> {
  let into = ''
  let rows: string[] = []
  let bytes = 0
  const joined = () => `${into}${rows.join(',')};`
  for await (const line of lines) {
    const [, begin, row] = /^(INSERT INTO "\w+" \(.*?\) VALUES)(\(.*\));$/.exec(line) ?? []
    const more = Buffer.byteLength(line)
    if (rows.length > 0 && (begin !== into || bytes + more > most_bytes)) {
      yield joined()
      rows = []
    }
    if (begin === undefined) yield line
    else {
      bytes = rows.length === 0 ? more : bytes + more
      into = begin
      rows.push(row!)
    }
  }
  if (rows.length > 0) yield joined()
}
