/** What staff read for the actor of an entry: guests and deleted accounts have no e-mail, null is no account. */
export function actorName(actor: string | null, noAccount = 'Shop'): string {
  return (actor ?? noAccount) || 'Guest or deleted account'
}
