using System.Management.Automation;

namespace Upscale.Module.Tests.Hosting;

/// <summary>What a script gave.</summary>
/// <param name="Output">Objects.</param>
/// <param name="Errors">Non-terminating errors, and at the end the terminating one.</param>
/// <param name="Terminated">True when there was a terminating error.</param>
/// <param name="Warnings">Texts.</param>
/// <param name="Verbose">Texts.</param>
internal sealed record RunRecord(PSObject[] Output, ErrorRecord[] Errors, bool Terminated, string[] Warnings, string[] Verbose)
{
    /// <summary>A property of every output.</summary>
    public T[] Values<T>(string property) => [.. Output.Select(o => LanguagePrimitives.ConvertTo<T>(o.Properties[property].Value))];

    public RunRecord AssertNoErrors()
    {
        Assert.Empty(Errors.Select(e => $"{e.FullyQualifiedErrorId}: {e}"));
        return this;
    }

    /// <summary>The only error, of this id.</summary>
    public ErrorRecord AssertError(string id)
    {
        Assert.Equal([$"{id},Upscale.Commands.InvokeUpscaleCommand"], Errors.Select(e => e.FullyQualifiedErrorId));
        return Errors[0];
    }
}
