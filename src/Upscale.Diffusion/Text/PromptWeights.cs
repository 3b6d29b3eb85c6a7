using System.Globalization;
using System.Text;

namespace Upscale.Diffusion;

/// <summary>
/// The notation of attention weights in prompts that is common since stable-diffusion-webui:
/// <list type="bullet">
/// <item><c>(text)</c> weighs 1.1; <c>(text:1.3)</c> weighs 1.3, any number from 0 to 10; <c>[text]</c> weighs 1/1.1;</item>
/// <item>nested groups multiply: <c>((text))</c> weighs 1.21;</item>
/// <item><c>\(</c>, <c>\)</c>, <c>\[</c>, <c>\]</c> and <c>\\</c> are the signs themselves.</item>
/// </list>
/// No prompt is malformed: a bracket without its partner, and a colon without a number behind it, are text.
/// </summary>
public static class PromptWeights
{
    private const double Step = 1.1;
    private const double Largest = 10;

    /// <summary>Splits a prompt into pieces of the same weight.</summary>
    /// <param name="prompt">In the notation above.</param>
    /// <returns>In order; neighbours differ in weight; none for an empty prompt.</returns>
    public static IReadOnlyList<PromptPart> Parse(string prompt)
    {
        var parts = new List<PromptPart>();
        Read(Groups(prompt), prompt, 0, prompt.Length, 1, parts);
        return parts;
    }

    /// <summary>For every opening bracket that has a partner, where that is.</summary>
    private static Dictionary<int, int> Groups(string prompt)
    {
        var partners = new Dictionary<int, int>();
        var open = new List<int>();
        for (int i = 0; i < prompt.Length; i++)
        {
            switch (prompt[i])
            {
                case '\\':
                    i++;
                    break;
                case '(' or '[':
                    open.Add(i);
                    break;
                case ')' or ']':
                    // What was opened inside and not closed there is text.
                    int partner = open.FindLastIndex(o => prompt[o] == (prompt[i] == ')' ? '(' : '['));
                    if (partner < 0)
                        break;
                    partners[open[partner]] = i;
                    open.RemoveRange(partner, open.Count - partner);
                    break;
            }
        }

        return partners;
    }

    private static void Read(Dictionary<int, int> groups, string prompt, int from, int to, double weight, List<PromptPart> parts)
    {
        var text = new StringBuilder();
        for (int i = from; i < to; i++)
        {
            if (prompt[i] == '\\' && i + 1 < to && prompt[i + 1] is '(' or ')' or '[' or ']' or '\\')
            {
                text.Append(prompt[++i]);
            }
            else if (groups.TryGetValue(i, out int end))
            {
                Add(parts, text, weight);
                int last = end;
                double factor = prompt[i] == '[' ? 1 / Step : WeightOf(prompt, i + 1, ref last) ?? Step;
                Read(groups, prompt, i + 1, last, weight * factor, parts);
                i = end;
            }
            else
            {
                text.Append(prompt[i]);
            }
        }

        Add(parts, text, weight);
    }

    /// <summary>The number behind the last colon of a group; the group's text then ends before the colon.</summary>
    private static double? WeightOf(string prompt, int from, ref int end)
    {
        const NumberStyles Style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite;
        int colon = prompt.LastIndexOf(':', end - 1, end - from);
        if (colon < 0)
            return null;
        bool number = double.TryParse(prompt.AsSpan(colon + 1, end - colon - 1), Style, CultureInfo.InvariantCulture, out double weight);
        if (!number || !(weight <= Largest))
            return null;
        end = colon;
        return weight;
    }

    private static void Add(List<PromptPart> parts, StringBuilder text, double weight)
    {
        if (text.Length == 0)
            return;
        if (parts.Count > 0 && parts[^1].Weight == weight)
            parts[^1] = parts[^1] with { Text = parts[^1].Text + text };
        else
            parts.Add(new PromptPart(text.ToString(), weight));
        text.Clear();
    }
}
