/** A D1 whose sessions send their batches through `send`. */
export function d1Through(
  db: D1Database,
  send: (statements: D1PreparedStatement[], session: D1DatabaseSession) => Promise<D1Result[]>,
): D1Database {
  const withSession = (start?: string) => {
    const session = db.withSession(start)
    return {
      prepare: (statement: string) => session.prepare(statement),
      batch: (statements: D1PreparedStatement[]) => send(statements, session),
      getBookmark: () => session.getBookmark(),
    }
  }
  return { withSession } as unknown as D1Database
}
