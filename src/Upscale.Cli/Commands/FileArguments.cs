using System.CommandLine;
using System.CommandLine.Parsing;

namespace Upscale.Cli.Commands;

/// <summary>Arguments that name files, among which the parser also puts options that it does not know.</summary>
internal static class FileArguments
{
    /// <summary>Refuses what begins with a dash, unless it stands behind <c>--</c>.</summary>
    /// <param name="arguments">Of the command.</param>
    /// <param name="files">Its argument for files.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.OptionInvalid"/>.</exception>
    public static void RefuseUnknownOptions(ParseResult arguments, Argument files)
    {
        IEnumerable<Token> named = arguments.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash);
        var taken = new HashSet<Token>(arguments.GetResult(files)!.Tokens, ReferenceEqualityComparer.Instance);
        if (named.FirstOrDefault(token => token.Value.StartsWith('-') && taken.Contains(token)) is not { } unknown)
            return;
        throw new UpscaleException(
            UpscaleErrorId.OptionInvalid,
            $"There is no option '{unknown.Value}'; 'upscale {arguments.CommandResult.Command.Name} --help' lists them. A file whose name begins with '-' goes after '--'.");
    }
}
