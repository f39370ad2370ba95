import { assertEquals } from "@std/assert";
import { shellWord } from "../../src/std/shell_word.ts";

Deno.test("words stay words in a shell", async () => {
  for (const word of ["plain-1.2/x", "a b", "it's", "$HOME `id`", "", 'a"b\\c\n']) {
    const { stdout } = await new Deno.Command("/bin/sh", { args: ["-c", `printf %s ${shellWord(word)}`] }).output();
    assertEquals(new TextDecoder().decode(stdout), word);
  }
});
