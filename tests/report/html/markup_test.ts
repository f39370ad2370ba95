import { assertEquals } from "@std/assert";
import { embeddedJson, Markup, markup, shown } from "../../../src/report/html/markup.ts";
import { policyOf } from "../../../src/report/html/page.ts";

Deno.test("what is put into markup is escaped, also in attributes, unless it is markup itself", () => {
  const name = `<b title="x">&'`;
  assertEquals(
    markup`<p title="${name}">${name}</p>`.text.replaceAll(/&lt;b title=&quot;x&quot;&gt;&amp;&#39;/g, "NAME"),
    '<p title="NAME">NAME</p>',
  );
  assertEquals(markup`<ul>${[1, null, markup`<li>2</li>`]}</ul>`.text, "<ul>1<li>2</li></ul>");
  assertEquals(Markup.trusted("<hr>").text, "<hr>");
});

Deno.test("characters that are not to be seen, or that turn the direction of text, are shown as what they are not", () => {
  assertEquals(shown("a\u0000b\u202ec\u001b[31m\n\t"), "a\ufffdb\ufffdc\ufffd[31m\n\t");
});

Deno.test("embedded JSON cannot end its element, and is the value again when it is read", () => {
  const value = { a: "</script><!--", "</script>": ["\u2028", 1, null] };
  const { text } = embeddedJson(value);
  assertEquals(/[<>\u2028]/.test(text), false);
  assertEquals(JSON.parse(text), value);
});

Deno.test("the policy of a page allows its own script and style by their hashes, and nothing else", () => {
  // printf x | openssl dgst -sha256 -binary | base64
  const hash = "'sha256-LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE='";
  const policy = policyOf("x", "x");
  assertEquals(policy.includes(`script-src ${hash};`) && policy.includes(`style-src ${hash};`), true);
  assertEquals(policy.startsWith("default-src 'none';"), true);
  assertEquals(/unsafe|https?:|\*/.test(policy), false);
});
