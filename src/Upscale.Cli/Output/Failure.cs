namespace Upscale.Cli.Output;

/// <summary>Errors in words.</summary>
internal static class Failure
{
    /// <summary>Stable name of an error: its <see cref="UpscaleException.ErrorId"/>, or the type of one that nobody expected.</summary>
    public static string Id(Exception error) => error is UpscaleException expected ? expected.ErrorId : error.GetType().Name;

    /// <summary>Message and id in one line.</summary>
    public static string Describe(Exception error) => $"{error.Message.ReplaceLineEndings(" ")} [{Id(error)}]";
}
