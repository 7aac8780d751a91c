import type { UsedTag } from './model'

const tagsIn = (text: string) => text.split(',').map((tag) => tag.trim().toLowerCase())

/** Return the tags to suggest for a list of tags that is being typed: not yet in it, the most used first. */
export function suggestTags(tags: readonly UsedTag[], text: string): UsedTag[] {
  const typed = new Set(tagsIn(text))
  return tags.filter(({ tag }) => !typed.has(tag)).sort((a, b) => b.item_count - a.item_count)
}

/** Replace the last word of a list of tags by a tag, and make room for another one. */
export function completeTag(text: string, tag: string): string {
  const complete = text.split(',').slice(0, -1)
  return `${[...complete.map((part) => part.trim()), tag].join(', ')}, `
}
