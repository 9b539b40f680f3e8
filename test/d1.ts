/** A D1 whose sessions run every batch, also a single statement, through `send`. */
export function d1Through(
  db: D1Database,
  send: (statements: D1PreparedStatement[], session: D1DatabaseSession) => Promise<D1Result[]>,
): D1Database {
  const withSession = (start?: string) => {
    const session = db.withSession(start)
    const toStatement = (statement: D1PreparedStatement) => ({
      statement,
      all: async () => (await send([statement], session))[0],
    })
    return {
      prepare: (sql: string) => ({
        bind: (...parameters: unknown[]) => toStatement(session.prepare(sql).bind(...parameters)),
      }),
      batch: (statements: { statement: D1PreparedStatement }[]) =>
        send(
          statements.map(({ statement }) => statement),
          session,
        ),
      getBookmark: () => session.getBookmark(),
    }
  }
  return { withSession } as unknown as D1Database
}
