const parameter = 'c'

/** The conversation that the page's address names; `null` for a new one. */
export function conversationInAddress(): string | null {
  return new URLSearchParams(location.search).get(parameter) || null
}

/** Names a conversation in the address, so that refresh, back and another tab find it. `push` keeps the way back. */
export function showInAddress(conversation: string | null, how: 'push' | 'replace'): void {
  const url = new URL(location.href)
  if (conversation === null) url.searchParams.delete(parameter)
  else url.searchParams.set(parameter, conversation)
  if (url.href === location.href) return
  if (how === 'push') history.pushState(null, '', url)
  else history.replaceState(null, '', url)
}
