/** The lines of a text, without holding all of it. Only \n ends one: a text in the shop may hold any other break. */
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

/** Statements of a row each as fewer of many rows: the database takes one at a time. None is longer than `most_bytes`. */
export async function* withRowsTogether(
  lines: AsyncIterable<string>,
  most_bytes: number,
): AsyncGenerator<string, void, void> {
  let into = ''
  let rows: string[] = []
  let bytes = 0
  const together = () => `${into}${rows.join(',')};`
  for await (const line of lines) {
    const [, begin, row] = /^(INSERT INTO "\w+" \(.*?\) VALUES)(\(.*\));$/.exec(line) ?? []
    const more = Buffer.byteLength(line)
    if (rows.length > 0 && (begin !== into || bytes + more > most_bytes)) {
      yield together()
      rows = []
    }
    if (begin === undefined) yield line
    else {
      bytes = rows.length === 0 ? more : bytes + more
      into = begin
      rows.push(row!)
    }
  }
  if (rows.length > 0) yield together()
}
