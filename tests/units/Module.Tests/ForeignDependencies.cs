using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace Upscale.Module.Tests;

/// <summary>
/// Another module's versions of what this one depends on: in the default context before anything else happens, so that every
/// test here runs beside them.
/// </summary>
internal static class ForeignDependencies
{
    public static readonly Version Version = new(99, 1, 2, 3);

    public static readonly string[] Names = ["NetVips", "Microsoft.ML.OnnxRuntime", "McMaster.NETCore.Plugins"];

    [ModuleInitializer]
    internal static void Load()
    {
        foreach (string name in Names)
        {
            var assembly = new PersistedAssemblyBuilder(new AssemblyName(name) { Version = Version }, typeof(object).Assembly);
            assembly.DefineDynamicModule(name).DefineType("Foreign.Marker", TypeAttributes.Public).CreateType();
            using var stream = new MemoryStream();
            assembly.Save(stream);
            stream.Position = 0;
            AssemblyLoadContext.Default.LoadFromStream(stream);
        }
    }
}
