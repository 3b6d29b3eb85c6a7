using System.CommandLine.Parsing;

namespace Upscale.Cli.Commands;

/// <summary>Options that take one of a few names.</summary>
internal static class ChoiceArgument
{
    /// <summary>The value of a name in any case; an error that lists the names for another.</summary>
    public static T? Parse<T>(ArgumentResult result) where T : struct, Enum
    {
        string text = result.Tokens[0].Value;
        foreach (T value in Enum.GetValues<T>())
        {
            if (value.ToString().Equals(text, StringComparison.OrdinalIgnoreCase))
                return value;
        }

        result.AddError($"{((OptionResult)result.Parent!).Option.Name} takes one of {string.Join(", ", Enum.GetNames<T>().Select(n => n.ToLowerInvariant()))}, not '{text}'.");
        return null;
    }
}
