/** What the editor asks of the server; every answer is told, none is guessed. */

/** `createServer({ urls, token, texts })` → `{ check(body), convert(points, source, target) }`. */
export function createServer({ urls, token, texts }) {
  let running = null;

  const post = async (url, body, signal) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
      body: JSON.stringify(body),
      signal,
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) {
      throw new Error(answer.findings?.[0]?.detail ?? answer.detail ?? texts.no_answer);
    }
    return answer;
  };

  return {
    /** What storing the shape would meet; null when a later question took its place. */
    async check(body) {
      running?.abort();
      const mine = new AbortController();
      running = mine;
      try {
        return await post(urls.check, body, mine.signal);
      } catch (problem) {
        if (problem.name === "AbortError") {
          return null;
        }
        throw problem instanceof TypeError ? new Error(texts.no_answer) : problem;
      }
    },

    async convert(points, source, target) {
      try {
        return (await post(urls.points, { points, source, target })).points;
      } catch (problem) {
        throw problem instanceof TypeError ? new Error(texts.no_answer) : problem;
      }
    },
  };
}
